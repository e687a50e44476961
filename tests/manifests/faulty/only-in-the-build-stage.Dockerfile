# service: orders
FROM rust:1.95 AS build
HEALTHCHECK CMD ["/app", "--probe"]
RUN cargo build --release
FROM gcr.io/distroless/cc-debian12
COPY --from=build /src/target/release/orders /app
