-- migrate:up
COMMENT ON TABLE access.enterprise IS
    'The register of enterprises. Access asks it for representatives, intake for user undertakings.';
GRANT SELECT (enterprise_number) ON access.enterprise TO dimona_intake;

-- migrate:down

REVOKE SELECT (enterprise_number) ON access.enterprise FROM dimona_intake;
COMMENT ON TABLE access.enterprise IS
    'The register of enterprises: it decides whether a person may register an employer at once.';
