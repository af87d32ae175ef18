# Runs once in compose.yml, beside Elasticsearch. Doing it again changes nothing.
set -euo pipefail

call() {
  curl -fsS --retry 5 --retry-connrefused -u "elastic:$ELASTIC_PASSWORD" -H 'Content-Type: application/json' \
    -X "$1" "http://elasticsearch:9200$2" -d "$3"
  echo
}

call PUT /_index_template/logs-anomaly @/setup/index-template.json
call POST /_security/user/kibana_system/_password "{\"password\":\"$KIBANA_PASSWORD\"}"
call PUT /_security/role/fluent_bit '{
  "cluster": ["monitor"],
  "indices": [{"names": ["logs-anomaly-*"], "privileges": ["auto_configure", "create_doc"]}]
}'
call PUT /_security/user/fluent_bit "{\"password\":\"$FLUENT_BIT_PASSWORD\",\"roles\":[\"fluent_bit\"]}"
