-- Run it again. false, for without a word in the spec a workload that is stopped is left so.
obj.spec.suspend = false
return obj
