"""The connection to the models: one endpoint, recorded, replayed, cached, capped, retried."""
