package trace

import "testing"

func TestFrame(t *testing.T) {
	for line, want := range map[string]int{
		"\tat com.example.Cart.add(Cart.java:41)":                                   1,
		"at com.example.Cart.add(Cart.java:41)":                                     0,
		"    at com.example.Cart$1.<init>(Unknown Source) ~[cart.jar:1.4]":          4,
		"    at com.example.Cart.add(Cart.java:41) [classes/:na]":                   4,
		"at noon the gate closed [see gate.log]":                                    -1,
		"at ]":                                                                      -1,
		"    at new Cart (/app/cart.js:41:5)":                                       4,
		"    at async Promise.all (index 0)":                                        4,
		"    at /app/cart.js:41:5":                                                  4,
		`   at Shop.Cart.Add(String id) in C:\shop\Cart.cs:line 41`:                 3,
		"\t... 14 more\r":                                                           1,
		"... 14 common frames omitted":                                              0,
		`  File "/app/cart.py", line 41, in add`:                                    2,
		"\t/app/cart.go:41 +0x1d":                                                   1,
		"\tfrom /app/cart.rb:41:in `add'":                                           1,
		"goroutine 7 [chan receive, 2 minutes]:":                                    0,
		"goroutine 7 began":                                                         -1,
		"stack backtrace:":                                                          0,
		"   4: core::ops::function::FnOnce::call_once":                              3,
		"4: the depot::north did not answer":                                        -1,
		"During handling of the above exception, another exception occurred:":       0,
		"#3 /app/cart.php(41): add()":                                               0,
		`ERROR shop.cart   File "/app/cart.py", line 41, in add`:                    18,
		"10:41:07 ERROR [worker-3] shop: \tat com.example.Cart.add(Cart.java:41)":   33,
		`12:00:01  INFO  shop    File "/app/cart.py", line 41, in add`:              24,
		`shop 12:00:01   INFO   cart   main   File "/app/cart.py", line 41, in add`: -1, // a table's row
		`ERROR shop.cart File "/app/cart.py", line 41, in add`:                      -1,
		"at 10:41 the disk of host-3 was full":                                      -1,
		"at last the job ended (see below)":                                         -1,
		"  at 41":                                                                   -1,
		"  at 4:41":                                                                 -1,
		"at the end of file cart.csv: line 41":                                      -1,
		"... 14 lines were dropped":                                                 -1,
		"... and more":                                                              -1,
		`File "cart.csv" is not there`:                                              -1,
		"/app/cart.go:41: cannot find package":                                      -1,
		"from here on all is well":                                                  -1,
		"# 3 hosts":                                                                 -1,
		"Caused by: java.io.IOException: broken pipe":                               -1,
		"KeyError: 'cart'":                                                          -1,
		"    total = cart.add(item)":                                                -1,
		"at ":                                                                       -1,
		"  ":                                                                        -1,
		"":                                                                          -1,
	} {
		if at, _ := Frame([]byte(line)); at != want {
			t.Errorf("%q: a frame at %d, want %d", line, at, want)
		}
	}
}

func FuzzFrame(f *testing.F) {
	for _, s := range []string{"\tat a.B.c(D.java:1)", `x  File "a", line 1, in b`, "... 1 more", "at :1", "/a.go:1 +0x1", "#1 a(2)", " \t \t at 1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		at, form := Frame(line)
		if at < -1 || at >= len(line) && at >= 0 || at < 0 && form != None {
			t.Errorf("%q: a frame at %d of form %d", line, at, form)
		}
	})
}
