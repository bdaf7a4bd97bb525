# The image of elastic-worker: Node and one file.
#
#   docker build -t elastic-worker:0.1.0 .
FROM node:24-slim AS build
WORKDIR /build
# What changes rarely first. The dev dependency `node` brings its own Node in a script of its own, which an image that is
# Node does not need; esbuild works without its script.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM node:24-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="elastic-worker" \
      org.opencontainers.image.description="Resizes the workers of an Apache Spark standalone cluster on Kubernetes from what its applications ask for" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# Owned by root and readable by all: the program needs to write nowhere, and runs as whatever user it is given.
COPY --from=build /build/dist/ ./
COPY LICENSE ./
# One arena: Node's helper threads would each keep freed memory of their own.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=1
# A number, so that the kubelet can see that it is not root; group 0, as OpenShift runs its random users.
USER 10001:0
EXPOSE 9404
# Memory first (docs/results/footprint.md): a heap far smaller than the container's limit, small steps of the collector,
# and no second compiler for the HTTP parser's WebAssembly, which takes 20 MB for a moment. Source maps lie beside the
# program for people; --enable-source-maps would read them into memory at the first error, more than the heap may hold.
ENTRYPOINT ["node", "--max-old-space-size=64", "--max-semi-space-size=4", "--liftoff-only", "/app/elastic-worker.mjs"]
