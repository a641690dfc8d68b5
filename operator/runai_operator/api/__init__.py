"""The custom resources: models, conditions and reasons, CRD generation. Knows neither Run:ai's API nor a cluster."""
