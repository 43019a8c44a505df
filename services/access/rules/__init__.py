"""What the directory allows: who may appoint, grant and change what, and when. Pure."""
