package detector_test

import (
	"testing"
)

// Two values that are routine each and never came together.
func TestFieldPair(t *testing.T) {
	w := watch(t, shopLog(13), 12_000)
	w.flags(changed("method", `"POST"`, "route", `"/static"`), `POST`, `/static`, "never came together")
	w.passes(changed("method", `"POST"`, "route", `"/api/cart"`))

	// The message is one of the values.
	w.flags(`{"level":"info","msg":"session ended","host":"shop-1","trace":"11aa5f0a91b3e764","user":"u71","client":"web","minutes":7,"status":404}`, "never came together")
}
