#!/bin/sh
# Makes the owner and the database, once, when PostgreSQL starts with an empty folder. `dimona migrate` does the rest.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --set given="$(cat /run/secrets/owner_password)" <<'SQL'
CREATE ROLE dimona_owner LOGIN CREATEROLE PASSWORD :'given';
CREATE DATABASE dimona OWNER dimona_owner;
REVOKE ALL ON DATABASE dimona FROM PUBLIC;
SQL
