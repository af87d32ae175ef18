// Command output is the shared object out_anomaly.so, the output anomaly: it
// judges records as the filter does and sends them on over the Forward protocol,
// for setups in which a native filter cannot be used.
package main

// version is set by the linker; saved models name it.
var version = "dev"

func main() {}
