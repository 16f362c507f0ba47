"""What the services run on: the embedded stack, the demo, the registry, policies and deployment files."""
