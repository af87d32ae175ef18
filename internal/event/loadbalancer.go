package event

import "bytes"

// loadBalancerNames are the names of an access log of AWS's application load
// balancer, in their order:
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
// The request is split as everywhere.
var loadBalancerNames = []string{
	"type", "time", "elb", "client", "target", "request_processing_time", "target_processing_time", "response_processing_time",
	"elb_status_code", "target_status_code", "received_bytes", "sent_bytes", "request", "agent", "ssl_cipher", "ssl_protocol",
	"target_group_arn", "trace_id", "domain_name", "chosen_cert_arn", "matched_rule_priority", "request_creation_time",
	"actions_executed", "redirect_url", "error_reason", "targets", "target_status_codes", "classification", "classification_reason",
}

const loadBalancerRequest = 12 // among the names

// loadBalancer takes in a line of an access log of AWS's application load
// balancer.
func (r *Reader) loadBalancer(text []byte) (more, ok bool) {
	// https 2026-03-02T08:00:01.380744Z app/shop/50dc6c495c0c9188 …
	kind := bytes.IndexByte(text[:min(len(text), 8)], ' ')
	if kind < 2 || len(text) < kind+40 || text[kind+5] != '-' || text[kind+11] != 'T' {
		return false, false
	}
	w := words{text, 0}
	for i := range loadBalancerRequest {
		value := w.next()
		if value == nil || i >= 5 && !isAmount(value) {
			return false, false
		}
	}
	if !w.quoted() {
		return false, false
	}
	w.at = 0
	for i, name := range loadBalancerNames {
		switch value := w.next(); {
		case value == nil:
			return false, true
		case i == loadBalancerRequest:
			r.request(value)
		default:
			r.named(name, value)
		}
	}
	return false, true
}

// isAmount reports whether a word is a number, or says that there is none.
func isAmount(b []byte) bool {
	if len(b) == 1 && b[0] == '-' {
		return true
	}
	_, ok := plainNumber(b)
	return ok
}
