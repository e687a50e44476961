# service: orders
FROM alpine:3.22
COPY orders /app
HEALTHCHECK CMD wget -q --spider || exit 1
CMD ["/app"]
