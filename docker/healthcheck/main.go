// Command healthcheck asks for an address and fails unless the answer is a
// 200. Docker's health checks are commands, and the image has no other.
//
//	healthcheck http://127.0.0.1:2020/api/v1/health
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: healthcheck URL")
		os.Exit(2)
	}
	r, err := (&http.Client{Timeout: 2 * time.Second}).Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "healthcheck:", err)
		os.Exit(1)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, "healthcheck:", r.Status)
		os.Exit(1)
	}
}
