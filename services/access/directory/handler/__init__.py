"""Registration and change of employers, designation of managers, rights of users."""
