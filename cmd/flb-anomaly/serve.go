package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/flb-anomaly/flb-anomaly/internal/scan"
	"github.com/flb-anomaly/flb-anomaly/web"
)

type serveFlags struct {
	listen   string
	hosts    []string
	maxSize  string
	mode     string
	model    string
	detector *detectorFlags
}

func newServe() *cobra.Command {
	var f serveFlags
	command := &cobra.Command{
		Use:   "serve [FILE...]",
		Short: "Show what is unusual in log files, on a page",
		Long: `Serve a page that shows what is unusual in a log: drop a file on it, pick one or
paste text. FILE arguments are open on the page from the start; - is the standard
input, whose lines are shown as they come. The verdicts are those of
flb-anomaly scan.

The page is in this binary and asks nothing of any other host. It is served on
this machine alone unless --listen names another address; who reaches that
address can use the page. Logs stay on this machine, in temporary files without
a name, until they are closed, an hour after the page is, or until this command
ends.

The flags of the detector are what the page begins with; each can be changed
there, but for --ignore-file: what the page calls normal is written to that file,
with all else in it kept. It need not be there yet.`,
		Example: `  flb-anomaly serve
  flb-anomaly serve app.log app.log.1.gz
  kubectl logs -f deploy/shop | flb-anomaly serve -
  flb-anomaly serve --listen 127.0.0.1:9000 --contamination 0.01 app.log`,
		RunE: func(command *cobra.Command, files []string) error {
			return runServe(command, files, &f)
		},
	}
	flags := command.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8765", "address and port; port 0 takes a free one")
	flags.StringSliceVar(&f.hosts, "host", nil, "an additional host name under which the page may be opened, besides localhost and addresses (may be given more than once)")
	flags.StringVar(&f.maxSize, "max-size", "1GiB", "largest log, decompressed: a number with KiB, MiB or GiB")
	flags.StringVarP(&f.mode, "mode", "m", string(scan.Stream), "what a line is judged by at first: stream (the lines before it) or batch (the whole file)")
	flags.StringVar(&f.model, "model", "", modelUsage)
	complete(command, "mode", string(scan.Stream), string(scan.Batch))
	for _, flag := range []string{"listen", "host", "max-size"} {
		complete(command, flag)
	}
	f.detector = addDetectorFlags(command)
	return command
}

func runServe(command *cobra.Command, files []string, f *serveFlags) error {
	// The page writes to it: it need not be there yet.
	var ignoreFile string
	if v := f.detector.values["Ignore_File"]; len(v.given) > 0 {
		ignoreFile, v.given = v.given[len(v.given)-1], nil
	}
	model, err := readModel(f.model, f.detector)
	if err != nil {
		return err
	}
	if _, err := f.detector.settings(); err != nil {
		return err
	}
	if err := scan.OnceStdin(files); err != nil {
		return usageError{err}
	}
	if f.mode != string(scan.Stream) && f.mode != string(scan.Batch) {
		return usageError{fmt.Errorf("--mode has the value %q; allowed: stream, batch", f.mode)}
	}
	size, err := parseSize(f.maxSize)
	if err != nil {
		return usageError{fmt.Errorf("--max-size has the value %q: %w; allowed: a number above 0 with KiB, MiB or GiB", f.maxSize, err)}
	}
	_, port, err := net.SplitHostPort(f.listen)
	if err == nil {
		if _, err = net.LookupPort("tcp", port); err != nil {
			err = fmt.Errorf("there is no port %q", port)
		}
	}
	if err != nil {
		return usageError{fmt.Errorf("--listen has the value %q: %w; allowed: an address and a port, such as 127.0.0.1:8765", f.listen, err)}
	}
	server, err := web.New(web.Config{
		Listen: f.listen, Hosts: f.hosts, MaxSize: size, Version: buildVersion(), Mode: scan.Mode(f.mode), Model: model, IgnoreFile: ignoreFile,
		Given: func(name string) []string {
			if v := f.detector.values[name]; v != nil {
				return v.given
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	defer server.Close()
	listener, err := listen(f.listen)
	if err != nil {
		return err
	}
	for _, name := range files {
		shown := filepath.Base(name)
		if name == scan.Stdin {
			shown = display(name)
		}
		err := server.Open(shown, func(ctx context.Context) (*scan.Input, error) {
			return scan.Open(ctx, command.InOrStdin(), name)
		})
		if err != nil {
			listener.Close()
			return err
		}
	}
	// Most of what a large log holds is a table without pointers that only grows: the
	// collector has little to do there, and may come four times as often for a quarter of
	// the room beside it.
	debug.SetGCPercent(25)
	fmt.Fprintf(command.ErrOrStderr(), "The page is at http://%s/ (Ctrl-C ends it)\n", shownAddress(listener.Addr()))
	if a, ok := listener.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		fmt.Fprintf(command.ErrOrStderr(), "Whoever reaches %s can use the page and see the logs that are named here: there are no accounts.\n", a)
	}
	return serve(command.Context(), &limitedListener{Listener: listener, open: make(chan struct{}, maxConnections)}, server.Handler())
}

// maxConnections is how many are open at once: a browser has six for each page, and the
// system has files for a thousand.
const maxConnections = 256

// limitedListener lets others wait while so many connections are open.
type limitedListener struct {
	net.Listener
	open chan struct{}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	l.open <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.open
		return nil, err
	}
	return &limitedConn{Conn: c, closed: sync.OnceFunc(func() { <-l.open })}, nil
}

type limitedConn struct {
	net.Conn
	closed func()
}

func (c *limitedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// listen listens on an address. Go takes 0.0.0.0 for all addresses of IPv6, too,
// and says so; who writes it means those of IPv4.
func listen(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(host); ip != nil && ip.To4() != nil {
		return net.Listen("tcp4", address)
	}
	return net.Listen("tcp", address)
}

// serve answers requests until the context ends.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// shownAddress is an address that a browser on this machine can open.
func shownAddress(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// parseSize reads a size such as 512MiB, 1.5GiB or 1000000.
func parseSize(s string) (int64, error) {
	number, unit := strings.TrimSpace(s), 1.0
	for _, u := range []struct {
		suffix string
		scale  float64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"b", 1}} {
		if len(number) > len(u.suffix) && strings.EqualFold(number[len(number)-len(u.suffix):], u.suffix) {
			number, unit = strings.TrimSpace(number[:len(number)-len(u.suffix)]), u.scale
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, errors.New("not a size")
	}
	if n *= unit; !(n >= 1 && n < math.MaxInt64) {
		return 0, errors.New("out of range")
	}
	return int64(n), nil
}
