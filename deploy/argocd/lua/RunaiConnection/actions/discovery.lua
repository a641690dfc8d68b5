-- Confirming makes sense only while many workloads are told to be missing.

-- of what is not as the CRD has it nothing is known
local function fields(value)
  return type(value) == "table" and value or {}
end

local missing = false
for _, each in ipairs(fields(fields(obj.status).conditions)) do
  if fields(each).type == "Ready" and each.reason == "MassAbsence" then
    missing = true
  end
end
return {["confirm-absence"] = {disabled = not missing}}
