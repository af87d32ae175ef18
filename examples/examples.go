// Package examples holds the example log, for the page of flb-anomaly serve.
package examples

import _ "embed"

// ShopLog is shop.log: an hour and a half of a shop's services, with a few
// things that go wrong.
//
//go:embed shop.log
var ShopLog string
