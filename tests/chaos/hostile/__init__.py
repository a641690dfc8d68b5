"""Resources and answers as nobody should send them: made from the CRDs' schemas, and by a proxy that breaks answers."""
