#!/usr/bin/env bash
# Brings up docker/compose.yml. The first time it makes the passwords, in
# docker/.env, which only you can read and which git does not take.
#
#   docker/up.sh             build, start, wait until all is healthy, say where
#   docker/up.sh --env-only  make docker/.env and stop there
#
# To end it: docker compose -f docker/compose.yml down (with -v, the data goes
# too, and docker/.env may).
set -euo pipefail
cd "$(dirname "$0")"

if [ ! -e .env ]; then
  umask 077
  # 32 bytes of randomness each, in letters and digits: safe in URLs and shells.
  secret() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
  {
    echo "# Made by docker/up.sh. Elasticsearch and Grafana keep the passwords that"
    echo "# they were started with first: to change these, remove the volumes too."
    for name in ELASTIC_PASSWORD KIBANA_PASSWORD FLUENT_BIT_PASSWORD KIBANA_ENCRYPTION_KEY GRAFANA_PASSWORD; do
      echo "$name=$(secret)"
    done
  } >.env.new
  mv .env.new .env
fi
[ "${1:-}" != --env-only ] || exit 0

docker compose -f compose.yml up --detach --build --wait --wait-timeout 600
password() { sed -n "s/^$1=//p" .env; }
cat <<END

Grafana  http://127.0.0.1:3000  admin / $(password GRAFANA_PASSWORD)
Kibana   http://127.0.0.1:5601  elastic / $(password ELASTIC_PASSWORD)

The detector learns from the first few hundred lines, for about half a minute;
the first of the incidents comes a minute or two later.
END
