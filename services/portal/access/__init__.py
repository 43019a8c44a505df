"""Access of people and programs: the fields of its forms, and the texts of rights, mandates and changes."""
