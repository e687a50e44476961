# service: orders
FROM debian:trixie-slim
COPY orders /app
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \
    CMD curl http://localhost:8080/health || exit 1
ENTRYPOINT ["/app"]
