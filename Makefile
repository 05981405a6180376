SHELL       := /bin/bash -o pipefail
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.8.0
FUZZTIME    ?= 30s

.PHONY: build dev test lint vulnerabilities parts soak fuzz bench
build: ## bin/edgeward
	go build -trimpath -o bin/edgeward ./cmd/edgeward

dev: build ## a complete system on loopback
	bin/edgeward dev

test: parts lint vulnerabilities ## everything that CI demands
	EDGEWARD_TRAEFIK=$(CURDIR)/bin/traefik EDGEWARD_PEBBLE=$(CURDIR)/bin/pebble EDGEWARD_REQUIRE_REAL=1 go test -race -timeout 15m ./...

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -d .; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

vulnerabilities: ## a finding fails; a database out of reach is said aloud
	@GOBIN=$(CURDIR)/bin go install $(GOVULNCHECK) && bin/govulncheck ./... ; status=$$?; \
	if [ $$status = 3 ]; then exit 1; elif [ $$status != 0 ]; then echo "SKIPPED: govulncheck could not run here"; fi

parts: ## the real parts of the end-to-end tests; Traefik, which no package brings, is built the first time
	.ci/parts nginx-light caddy openssl haproxy chromium postgresql pgbouncer glewlwyd
	.ci/traefik bin/traefik
	.ci/pebble bin/pebble
	@for at in e2e/oidc e2e/worker; do cmp -s $$at/package-lock.json $$at/node_modules/.locked || \
	{ (cd $$at && npm ci) && cp $$at/package-lock.json $$at/node_modules/.locked; } || exit 1; done

soak: parts ## the storms of `make test`, for longer: SIGKILL 300 times, ten minutes of rotations on workerd
	EDGEWARD_REQUIRE_REAL=1 EDGEWARD_KILLS=300 EDGEWARD_SECONDS=600 go test -race -count=1 -timeout 2h -v \
	-run='^(TestAKillDuringARefreshStormLosesNothing|TestStorm|TestParallelRotations)$$' ./e2e ./internal/cloudflare/...

fuzz: ## each target for FUZZTIME
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | while IFS=: read -r file func; do \
	go test -run='^$$' -fuzz="^$${func#func }$$" -fuzztime=$(FUZZTIME) "./$$(dirname "$$file")" || exit 1; done

bench: ## in process, then over HTTP and TLS beside the ceilings, HAProxy and Caddy
	.ci/parts nginx-light haproxy wrk caddy nghttp2-client
	go test -run='^$$' -bench=. -benchmem ./...
	go run ./bench
