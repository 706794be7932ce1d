"""What speaks against an entity, and why."""
