"""The image of all services and jobs: its Dockerfile and the locked packages in it."""
