# service: orders
FROM rust:1.95 AS build
RUN <<EOF
cargo build --release
HEALTHCHECK CMD true
EOF
FROM gcr.io/distroless/cc-debian12 AS base
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --start-interval=1s --retries=3 \
    # The image has no shell.
    CMD ["/app", "--probe"]
FROM base
COPY --from=build /src/target/release/orders /app
ENTRYPOINT ["/app"]
