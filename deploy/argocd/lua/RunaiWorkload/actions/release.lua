-- Let go of a resource that is being deleted, and leave the workload in Run:ai.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["runai-operator.io/release"] = "true"
return obj
