{{- define "runai-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 44 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 44 characters: the longest suffix has 18, and a Service's name at most 63. Nor does a Service's name hold a
dot, or begin with a digit, as a release's may: then the chart's name goes before. */ -}}
{{- define "runai-operator.fullname" -}}
{{- $name := include "runai-operator.name" . -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- $whole := ternary $release (printf "%s-%s" $release $name) (contains $name $release) -}}
{{- if regexMatch "^[0-9]" $release }}{{ $whole = printf "%s-%s" $name $release }}{{ end -}}
{{- default $whole .Values.fullnameOverride | trunc 44 | trimAll "-" -}}
{{- end -}}

{{- define "runai-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "runai-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "runai-operator.labels" -}}
{{- include "runai-operator.labelsAnd" (list . (dict)) -}}
{{- end -}}

{{- /* The same, and further ones, which go before commonLabels: `list . <labels>`. */ -}}
{{- define "runai-operator.labelsAnd" -}}
{{- $further := index . 1 -}}
{{- with index . 0 -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "runai-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with merge (dict) $further .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "runai-operator.serviceAccountName" -}}
{{- $own := ternary (include "runai-operator.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{- define "runai-operator.leaseName" -}}
{{- default (include "runai-operator.fullname" .) .Values.leaderElection.leaseName -}}
{{- end -}}

{{- define "runai-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "runai-operator.simulatorName" -}}
{{ include "runai-operator.fullname" . }}-simulator
{{- end -}}

{{- /* Empty where the values ask for no connection. */ -}}
{{- define "runai-operator.connectionUrl" -}}
{{- if .Values.connection.url -}}
{{ .Values.connection.url }}
{{- else if .Values.simulator.enabled -}}
http://{{ include "runai-operator.simulatorName" . }}.{{ .Release.Namespace }}.svc:8088
{{- end -}}
{{- end -}}

{{- /* The RunaiConnection that the values ask for; empty where they ask for none. The operator's Pods make it
(`runai-operator connect`), and not Helm, which refuses a resource whose CRD is in the same release. So it stays, too,
when the release goes. */ -}}
{{- define "runai-operator.connection" -}}
{{- $url := include "runai-operator.connectionUrl" . -}}
{{- if $url -}}
{{- with .Values.connection -}}
{{- $spec := dict "url" $url "credentialsSecretRef" .credentialsSecretRef "access" .access -}}
{{- with .caBundleRef }}{{ $_ := set $spec "caBundleRef" . }}{{ end -}}
{{- with .limits }}{{ $_ := set $spec "limits" . }}{{ end -}}
{{- with .polling }}{{ $_ := set $spec "polling" . }}{{ end -}}
{{- $metadata := dict "name" .name -}}
{{- dict "apiVersion" "runai-operator.io/v1alpha1" "kind" "RunaiConnection" "metadata" $metadata "spec" $spec | toYaml -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The names, as a JSON list, of the Secrets that the operator may read. It may be empty, and a rule without names
would be one for all. */ -}}
{{- define "runai-operator.secretNames" -}}
{{- $names := .Values.credentials.secrets -}}
{{- if include "runai-operator.connectionUrl" . -}}
{{- $names = append $names .Values.connection.credentialsSecretRef.name -}}
{{- with .Values.connection.caBundleRef -}}
{{- if eq (default "ConfigMap" .kind) "Secret" }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- end -}}
{{- uniq $names | toJson -}}
{{- end -}}

{{- /* The same of ConfigMaps. */ -}}
{{- define "runai-operator.configMapNames" -}}
{{- $names := .Values.credentials.configMaps -}}
{{- if include "runai-operator.connectionUrl" . -}}
{{- with .Values.connection.caBundleRef -}}
{{- if eq (default "ConfigMap" .kind) "ConfigMap" }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- end -}}
{{- uniq $names | toJson -}}
{{- end -}}
