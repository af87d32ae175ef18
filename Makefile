# `make help` lists the targets.

GO      ?= go
CC      ?= cc
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

PLUGIN := bin/flb-filter_anomaly.so
OUTPUT := bin/out_anomaly.so
CLI    := bin/flb-anomaly
HOST   := bin/flb-host

GO_SOURCES   := go.mod detector/model/words/words.txt examples/examples.go examples/shop.log $(shell find detector fluentbit internal plugin record cmd web -name '*.go' -not -name '*_test.go' 2>/dev/null)
KIT_SOURCES  := $(wildcard fluentbit/*.c fluentbit/*.h)
HOST_SOURCES := $(wildcard fluentbit/host/*.c)

# Where a record's time goes, for the compiler to order and inline by.
PROFILE := plugin/default.pgo

# What end-to-end tests run against, and is built once: Loki takes some
# minutes of two cores.
CACHE        ?= $(or $(FLB_ANOMALY_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flb-anomaly)
LOKI_VERSION := $(shell awk '$$1 == "github.com/grafana/loki/v3" {print substr($$2, 2)}' test/servers/loki/go.mod)
LOKI         := $(CACHE)/loki-$(LOKI_VERSION)/loki
OPENSEARCH   := $(CACHE)/opensearch-$(shell sed -n 's|.*<version>\(2[^<]*\)</version>.*|\1|p' test/servers/opensearch/pom.xml)/.complete

.PHONY: all demo words profile web screenshots test test-race test-versions lint vulncheck reliability fuzz mutate soak bench bench-page quality e2e loki opensearch dist dist-test clean help labelled FORCE

## all: build the filter, the output, the command and the embedded host (the default)
all: $(PLUGIN) $(OUTPUT) $(CLI) $(HOST)

# Fluent Bit goes by the file's name: its native loader takes flb-filter_*.so,
# its Go proxy the rest.
$(PLUGIN): PACKAGE := ./plugin
$(OUTPUT): PACKAGE := ./plugin/output
$(OUTPUT): $(wildcard plugin/output/*.c)
$(PLUGIN) $(OUTPUT): $(GO_SOURCES) $(KIT_SOURCES) $(PROFILE)
	@mkdir -p bin
	CGO_ENABLED=1 $(GO) build -buildmode=c-shared -trimpath -pgo $(PROFILE) -ldflags '$(LDFLAGS)' -o $@ $(PACKAGE)
	@rm -f $(@:.so=.h)

$(CLI): $(GO_SOURCES) $(wildcard web/dist/*) $(PROFILE)
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) build -trimpath -pgo $(PROFILE) -ldflags '$(LDFLAGS)' -o $@ ./cmd/flb-anomaly

$(HOST): $(HOST_SOURCES) $(wildcard fluentbit/host/*.h)
	@mkdir -p bin
	$(CC) -std=gnu11 -O2 -Wall -Wextra -rdynamic -o $@ $(HOST_SOURCES) -ldl -lpthread -lm

## demo: tag the example log, in Fluent Bit where there is one, else in the embedded host
demo: all
	@$(GO) run ./examples/demo

## words: count the weights of words anew, from the logging statements of many projects (fetches some GB; needs pip and mvn)
words:
	cd detector/model/words && $(GO) run ./count

## profile: take down anew where a record's time goes, which the compiler goes by; after changes of what is done for each
profile:
	@mkdir -p bin
	$(GO) test -count=1 -run '^$$' -bench '^BenchmarkJudge$$' -benchtime 20s -o bin/judge.test -cpuprofile $(PROFILE) ./internal/judge
	@rm -f bin/judge.test

## web: build the page of flb-anomaly serve from web/page into web/dist, which is in the repository (needs Node)
web:
	cd web && npm ci --no-audit --no-fund && npm run check && npm run build

## screenshots: take the pictures in docs/images from the running page, and of Grafana at GRAFANA; write docs/gallery.md (needs Chromium)
screenshots:
	@mkdir -p docs/images
	$(GO) test -count=1 -run '^TestScreenshots$$' ./web -screenshots $(CURDIR)/docs/images
	$(GO) run ./test/gallery

## test: run the tests, with TESTFLAGS; those that need Fluent Bit say so and skip where there is none
test: all
	$(GO) vet ./...
	$(GO) test -timeout 30m $(TESTFLAGS) ./...

## reliability: every proof of docs/reliability.md in full: some 40 minutes, and the fuzzing 10 for each target
reliability: all
	RELIABILITY=long $(GO) test -count=1 -v -timeout 2h ./test/reliability
	SOAK_RECORDS=20000000 $(GO) test -count=1 -v -timeout 2h -run 'TestSoak' ./internal/judge
	$(GO) test -count=1 -v -run 'Limits|LongLines|ManyGroups|TimeThatJumps' ./internal/judge
	$(GO) test -count=1 -v -run 'Affordable' ./internal/options
	$(GO) test -count=1 -v -run 'FewThreads' ./fluentbit
	LINES=1000000 $(GO) test -count=1 -v -run 'TestEveryRecordComesOut' ./plugin
	RELIABILITY=long $(GO) test -count=1 -v -timeout 1h -run 'RandomText|WorstLines|WorstRecords|TeachingAnAttack|Smokescreen|Mimicry|StormIsOver|ChosenKeys' ./detector
	$(GO) test -run - -bench SnapshotStep ./detector
	$(MAKE) fuzz

FUZZTIME ?= 10m

## fuzz: run every fuzz target that the source has, FUZZTIME (10m) each; FUZZ=record/FuzzWalk picks some
fuzz:
	@GO='$(GO)' FUZZTIME='$(FUZZTIME)' test/fuzz.sh $(FUZZ)

SOAK_RECORDS ?= 200000000

## soak: what a day brings, at full speed: SOAK_RECORDS (200 million) with reloads, saves, refits, clock jumps and a full disk
soak: all
	SOAK_RECORDS=$(SOAK_RECORDS) $(GO) test -count=1 -v -timeout 12h -run '^TestDay$$' ./test/reliability

## mutate: plant mistakes one at a time and see which the tests find: MUTATE='-n 100 -seed 7 ./record' (-n 150 of all)
mutate:
	$(GO) run ./test/mutate $(MUTATE)

# The Fluent Bits to test with: FLUENT_BIT, and those of FLUENT_BIT_OLDER.
FLUENT_BITS = $(or $(FLUENT_BIT),fluent-bit) $(subst :, ,$(FLUENT_BIT_OLDER))

## test-versions: the tests that need a Fluent Bit, with each of FLUENT_BIT and FLUENT_BIT_OLDER (separated by colons), and the table of them
test-versions: all
	@GO='$(GO)' test/versions.sh $(FLUENT_BITS)

## vulncheck: look for known vulnerabilities in what the code calls
vulncheck:
	GO='$(GO)' test/vulncheck.sh

## lint: check workflows, scripts, YAML, Dockerfile and compose.yml with actionlint, and with shellcheck, yamllint, hadolint, dclint and docker compose where there are any
lint:
	$$($(GO) -C test/tools tool -n actionlint)
	@check() { \
	  if command -v "$$1" >/dev/null; then echo "$$*"; "$$@"; else echo "SKIPPED, NOT CHECKED: no $$1 here"; fi; \
	}; \
	check shellcheck -S warning .ci/run docker/*.sh deploy/packages/*.sh test/*.sh && check yamllint --strict . && check hadolint docker/Dockerfile && check dclint -c docker/.dclintrc.yaml docker/compose.yml && \
	if docker compose version >/dev/null 2>&1; then \
	  docker/up.sh --env-only && docker compose -f docker/compose.yml config --quiet; \
	else echo "SKIPPED, NOT CHECKED: no docker compose here"; fi

## test-race: the same under the race detector
test-race: all
	$(GO) test -race -timeout 30m ./...

## e2e: test from end to end, against real servers where they can be had here
e2e: all loki opensearch
	FLB_ANOMALY_CACHE=$(CACHE) $(GO) test -count=1 -timeout 30m -v ./test/e2e

## loki: build the real Loki, for e2e
loki: $(LOKI)

# The version is part of the path: a fresh clone does not build it again.
$(LOKI):
	@mkdir -p $(@D)
	cd test/servers/loki && nice $(GO) build -trimpath -ldflags '-s -w' -o $@.new github.com/grafana/loki/v3/cmd/loki
	mv $@.new $@

## opensearch: put a real OpenSearch together, for e2e, where there are Java and Maven
opensearch: $(if $(and $(shell command -v java),$(shell command -v mvn)),$(OPENSEARCH))

$(OPENSEARCH):
	@rm -rf $(@D) && mkdir -p $(@D)
	cd test/servers/opensearch && nice mvn -q -B dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(@D)
	@touch $@

## bench: measure speed, each figure beside what it is compared with
bench: all
	@$(GO) run ./test/bench $(BENCHFLAGS)

## quality: the detector's quality on labelled streams, with its features turned off one by one
quality:
	@ABLATION=1 $(GO) test -count=1 -v -run TestAblation ./detector | grep -Ev '^(===|---|PASS|ok)'

# The builds that the project is measured on. The others of that set are for
# whoever wants to see how it does on logs that nobody here has looked at: LABELLED=
# takes all.
LABELLED ?= assertfixer_1320 astor_1260 astor_400 cidiff_11 cidiff_75 commonscodec_2463 cv_45 dspot_842 \
  googleguice_2121 guava_2087 jimfs_1890 jodatime_2082 juliac_789 mimecraft_2316 nopol_1590 \
  pushcommentgithub_173 sorald_445 spoonsnapshotdeployer_4314

## labelled: measure on real build logs in which people marked what is wrong (fetches some 100 MB from GitHub)
labelled: $(CLI)
	@[ -d $(CACHE)/cidiff ] || { mkdir -p $(CACHE) && git clone -q https://github.com/labri-progress/cidiff $(CACHE)/cidiff; }
	@git -C $(CACHE)/cidiff checkout -q 3cad9e8
	@$(GO) run ./test/labelled $(CACHE)/cidiff/data/breakages $(LABELLED)

## dist: build tarballs and .debs for amd64 and arm64, with checksums, into dist/
dist:
	VERSION='$(VERSION)' GO='$(GO)' deploy/packages/dist.sh

## dist-test: unpack what dist built, run it and look it over
dist-test:
	DIST='$(CURDIR)/dist' $(GO) test -count=1 -v ./deploy/packages

## bench-page: measure the page's server with 1.5 million lines, and how its table scrolls
bench-page:
	$(GO) test -count=1 -run '^$$' -bench LargeLog -benchtime 1x ./web

## clean: remove what was built
clean:
	rm -rf bin dist

## help: list the targets
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{printf "  make %-14s %s\n", $$1, $$2}'
