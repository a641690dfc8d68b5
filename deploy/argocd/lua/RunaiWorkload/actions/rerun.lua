-- Run a finished workload again, once.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["runai-operator.io/rerun-at"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
