# service: orders
FROM scratch
HEALTHCHECK --timeout=soon
