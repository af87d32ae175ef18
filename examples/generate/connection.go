package main

import (
	"context"
	"errors"
	"net"
	"time"
)

// connection writes to an address over TCP, and waits for it where it is not
// there yet or has gone. Lines that were on their way when it went are lost,
// as they would be on a console that nobody reads.
type connection struct {
	ctx     context.Context
	address string
	conn    net.Conn
}

func (c *connection) Write(p []byte) (int, error) {
	for {
		if c.conn == nil {
			if err := c.dial(); err != nil {
				return 0, err
			}
		}
		n, err := c.conn.Write(p)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, err
		}
		c.conn.Close()
		c.conn = nil
	}
}

// dial tries once a second, until the context ends.
func (c *connection) dial() (err error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	for {
		if c.conn, err = dialer.DialContext(c.ctx, "tcp", c.address); err == nil {
			return nil
		}
		select {
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (c *connection) Close() error {
	if c.conn == nil {
		return nil
	}
	return c.conn.Close()
}
