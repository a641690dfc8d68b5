{{- define "runai-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 44 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 44 characters: the longest suffix has 18, and a Service's name at most 63. */ -}}
{{- define "runai-operator.fullname" -}}
{{- $name := include "runai-operator.name" . -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $whole .Values.fullnameOverride | trunc 44 | trimSuffix "-" -}}
{{- end -}}

{{- define "runai-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "runai-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
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

{{- /* The names, as a JSON list, of the Secrets that the operator may read. */ -}}
{{- define "runai-operator.secretNames" -}}
{{- $names := append .Values.credentials.secrets .Values.connection.credentialsSecretRef.name -}}
{{- with .Values.connection.caBundleRef -}}
{{- if eq (default "ConfigMap" .kind) "Secret" }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- uniq $names | toJson -}}
{{- end -}}

{{- /* The same of ConfigMaps; it may be empty, and a rule without names would be one for all. */ -}}
{{- define "runai-operator.configMapNames" -}}
{{- $names := .Values.credentials.configMaps -}}
{{- with .Values.connection.caBundleRef -}}
{{- if eq (default "ConfigMap" .kind) "ConfigMap" }}{{ $names = append $names .name }}{{ end -}}
{{- end -}}
{{- uniq $names | toJson -}}
{{- end -}}
