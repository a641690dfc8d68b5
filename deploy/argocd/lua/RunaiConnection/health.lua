-- What a RunaiConnection's status comes to in Argo CD: Healthy once Run:ai answers and accepts the credentials.
-- Degraded is what Stalled says, so only once the reason's grace has passed.

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

local function health(verdict, of)
  local message = of.reason or "nothing is told of it yet"
  if of.message ~= nil and of.message ~= "" then
    message = message .. ": " .. of.message
  end
  if verdict == "Healthy" and malformed then
    verdict, message = "Progressing", "not as the CRD of RunaiConnections has it, " .. message
  end
  return {status = verdict, message = message}
end

local generation = typed("number", metadata.generation)
if generation == nil or status.observedGeneration ~= generation then
  local message = "waiting for runai-operator to see generation " .. tostring(generation)
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
