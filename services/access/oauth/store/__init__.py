"""SQL of OAuth: the clients and their keys, and the logins of persons."""
