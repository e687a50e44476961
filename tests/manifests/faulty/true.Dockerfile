# service: orders
FROM scratch
COPY orders /app
HEALTHCHECK CMD true
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/app"]
