# service: orders
HEALTHCHECK CMD ["/app", "--probe"]
