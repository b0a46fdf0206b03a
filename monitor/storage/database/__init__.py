"""The database: trends, alerts, states, baselines, configuration changes, outboxes, pictures; how long each is kept."""
