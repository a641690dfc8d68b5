-- What a RunaiWorkload's status comes to in Argo CD. The annotation runai-operator.io/healthy-when says what Healthy
-- waits for: Submitted, Running (the default) or Finished. A status that speaks of an older spec, or came along with a
-- copy, says nothing, nor does how a run ended that is to run again. Degraded is what Stalled says, so only once the
-- reason's grace has passed.

-- What is not as the CRD has it must not raise, and is never Healthy.
local malformed = false

local function typed(kind, value)
  if value == nil or type(value) == kind then
    return value
  end
  malformed = true
  return nil
end

local function fields(value)
  return typed("table", value) or {}
end

local metadata, status = fields(obj.metadata), fields(obj.status)
local annotations = fields(metadata.annotations)
local healthy_when = typed("string", annotations["runai-operator.io/healthy-when"]) or "Running"

local remark = ""
if healthy_when ~= "Submitted" and healthy_when ~= "Running" and healthy_when ~= "Finished" then
  remark = "; the annotation runai-operator.io/healthy-when is '" .. healthy_when
    .. "' and counts as Running: set it to Submitted, Running or Finished"
  healthy_when = "Running"
end

local function health(verdict, message)
  if verdict == "Healthy" and malformed then
    verdict, message = "Progressing", "not as the CRD of RunaiWorkloads has it, " .. message
  end
  return {status = verdict, message = message .. remark}
end

local function condition(kind)
  for _, item in ipairs(fields(status.conditions)) do
    local each = fields(item)
    if each.type == kind and each.observedGeneration == metadata.generation then
      return {
        status = typed("string", each.status),
        reason = typed("string", each.reason),
        message = typed("string", each.message),
      }
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

local generation = typed("number", metadata.generation)
if generation == nil or status.observedGeneration ~= generation
  or (status.uid ~= nil and status.uid ~= metadata.uid) then
  return health("Progressing", "waiting for runai-operator to see generation " .. tostring(generation))
end

local ready, stalled = condition("Ready"), condition("Stalled")
local synced, succeeded = condition("Synced"), condition("Succeeded")

-- Until the operator has heeded a new rerun-at, what is told of a run that is over is told of the one before. Only the
-- reasons that a rerun answers count, so that whatever hinders the operator is told as ever. One that is longer than
-- the status can hold is never found there again: nobody can tell whether it was heeded.
local answered_by_a_rerun = {Completed = true, Failed = true, Vanished = true, RecreateRequired = true}
local rerun_at = typed("string", annotations["runai-operator.io/rerun-at"]) or ""
local rerun_asked = rerun_at ~= "" and #rerun_at <= 253 and rerun_at ~= status.lastHandledRerunAt
local is_over = answered_by_a_rerun[ready.reason] or succeeded.status == "True" or succeeded.status == "False"
local hindered = stalled.status == "True" and not answered_by_a_rerun[stalled.reason]
local suspended = ({Suspended = true, Stopped = true, Paused = true})[ready.reason]

if rerun_asked and is_over and not hindered and not suspended then
  return health("Progressing", "waiting for runai-operator to run it again, until now " .. told(ready))
end

if stalled.status == "True" then
  return health("Degraded", told(stalled))
end

if suspended then
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
