"""Django's PostgreSQL backend, which does not wait for a database that is away."""
