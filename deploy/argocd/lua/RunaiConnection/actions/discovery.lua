-- Confirming makes sense only while many workloads are told to be missing.

local missing = false
for _, each in ipairs((obj.status or {}).conditions or {}) do
  if each.type == "Ready" and each.reason == "MassAbsence" then
    missing = true
  end
end
return {["confirm-absence"] = {disabled = not missing}}
