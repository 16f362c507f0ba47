"""Images of the services: which locked packages each one carries, its health check, and the secrets of a deployment."""
