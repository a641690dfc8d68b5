-- What a RunaiConnection's status comes to in Argo CD: Healthy once Run:ai answers and accepts the credentials.
-- Degraded is what Stalled says, so only once the reason's grace has passed.

local metadata, status = obj.metadata, obj.status or {}

local function condition(kind)
  for _, each in ipairs(status.conditions or {}) do
    if each.type == kind and each.observedGeneration == metadata.generation then
      return each
    end
  end
  return {}
end

local function health(verdict, of)
  local message = of.reason or "nothing is told of it yet"
  if of.message ~= nil and of.message ~= "" then
    message = message .. ": " .. of.message
  end
  return {status = verdict, message = message}
end

if status.observedGeneration ~= metadata.generation then
  local message = "waiting for runai-operator to see generation " .. tostring(metadata.generation)
  return {status = "Progressing", message = message}
end

local ready, stalled = condition("Ready"), condition("Stalled")

if stalled.status == "True" then
  return health("Degraded", stalled)
end
if ready.status == "True" then
  return health("Healthy", ready)
end
if ready.reason == "Paused" then
  return health("Suspended", ready)
end
return health("Progressing", ready)
