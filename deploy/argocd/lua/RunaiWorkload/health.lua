-- What a RunaiWorkload's status comes to in Argo CD. The annotation runai-operator.io/healthy-when says what Healthy
-- waits for: Submitted, Running (the default) or Finished. A status that speaks of an older spec, or came along with a
-- copy, says nothing. Degraded is what Stalled says, so only once the reason's grace has passed.

local metadata, status = obj.metadata, obj.status or {}
local healthy_when = (metadata.annotations or {})["runai-operator.io/healthy-when"] or "Running"

local remark = ""
if healthy_when ~= "Submitted" and healthy_when ~= "Running" and healthy_when ~= "Finished" then
  remark = "; the annotation runai-operator.io/healthy-when is '" .. healthy_when
    .. "' and counts as Running: set it to Submitted, Running or Finished"
  healthy_when = "Running"
end

local function health(verdict, message)
  return {status = verdict, message = message .. remark}
end

local function condition(kind)
  for _, each in ipairs(status.conditions or {}) do
    if each.type == kind and each.observedGeneration == metadata.generation then
      return each
    end
  end
  return {}
end

local function told(of)
  if of.reason == nil then
    return "nothing is told of it yet"
  end
  if of.message == nil or of.message == "" then
    return of.reason
  end
  return of.reason .. ": " .. of.message
end

if status.observedGeneration ~= metadata.generation or (status.uid ~= nil and status.uid ~= metadata.uid) then
  return health("Progressing", "waiting for runai-operator to see generation " .. tostring(metadata.generation))
end

local ready, stalled = condition("Ready"), condition("Stalled")
local synced, succeeded = condition("Synced"), condition("Succeeded")

if stalled.status == "True" then
  return health("Degraded", told(stalled))
end

local suspended = {Suspended = true, Stopped = true, Paused = true}
if suspended[ready.reason] then
  return health("Suspended", told(ready))
end

if metadata.deletionTimestamp ~= nil then
  return health("Progressing", told(ready))
end

if healthy_when == "Finished" then
  if succeeded.status == "True" then
    return health("Healthy", told(succeeded))
  elseif succeeded.status == "False" then
    return health("Degraded", told(succeeded))
  end
  return health("Progressing", "not finished, " .. told(ready))
end

-- Run:ai has taken it: it recorded the workload, and applied what the spec says, whatever became of that since
local applied = {Synced = true, Drifted = true, ServerDiffers = true}
if healthy_when == "Submitted" and status.workloadId ~= nil and applied[synced.reason] then
  return health("Healthy", "submitted, " .. told(ready))
end

if healthy_when == "Running" and ready.status == "True" then
  return health("Healthy", told(ready))
end
return health("Progressing", told(ready))
