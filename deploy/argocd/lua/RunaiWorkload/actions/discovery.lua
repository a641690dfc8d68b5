-- Which actions make sense now. Argo CD shows the others greyed out.

-- of what is not as the CRD has it nothing is known
local function fields(value)
  return type(value) == "table" and value or {}
end

local metadata, spec, status = fields(obj.metadata), fields(obj.spec), fields(obj.status)
local annotations = fields(metadata.annotations)

local ready = {}
for _, each in ipairs(fields(status.conditions)) do
  if fields(each).type == "Ready" then
    ready = each
  end
end

local deleting = metadata.deletionTimestamp ~= nil
local paused = annotations["runai-operator.io/paused"] == "true"
local finished = status.phase == "Completed" or status.phase == "Failed"
local stopped_in_runai = spec.suspend == nil and (status.phase == "Stopped" or status.phase == "Stopping")

local can = {
  suspend = not deleting and not finished and spec.suspend ~= true,
  resume = not deleting and (spec.suspend == true or stopped_in_runai),
  resync = not paused,
  rerun = not deleting and not paused and (finished or ready.reason == "Vanished"),
  release = deleting and not paused and annotations["runai-operator.io/release"] ~= "true",
}

local actions = {}
for name, sensible in pairs(can) do
  actions[name] = {disabled = not sensible}
end
return actions
