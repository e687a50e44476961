# service: orders
FROM python:3.13-slim
COPY orders /app
HEALTHCHECK --interval=60s --timeout=5s \
    CMD python -c "import urllib.request; urllib.request.urlopen('http://localhost:8080/healthz')"
CMD ["/app"]
