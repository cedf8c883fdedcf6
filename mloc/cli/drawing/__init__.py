"""Pictures of pipelines: what is to be drawn, and how in each format."""
