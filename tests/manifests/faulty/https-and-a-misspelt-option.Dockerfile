# service: orders
FROM scratch
HEALTHCHECK --intervall=30s CMD ["/app", "--probe", "https://localhost:8443/livez"]
