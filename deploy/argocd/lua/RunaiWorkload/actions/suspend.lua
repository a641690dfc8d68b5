-- Stop the workload, and keep it so.
obj.spec.suspend = true
return obj
