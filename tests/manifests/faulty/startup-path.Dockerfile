# service: migrating
FROM scratch
HEALTHCHECK --interval=5s --retries=2 CMD ["/app", "--probe", "http://localhost:8080/startupz"]
