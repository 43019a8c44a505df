"""Operations of organizations on their part of the sandbox (ADR 27)."""
