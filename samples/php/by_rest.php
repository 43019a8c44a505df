<?php
// Declare over REST that a worker begins today, and print the result: php by_rest.php EMPLOYER NISS
// PHP 8 with openssl. The addresses and the key come from the environment: see samples/README.md.

function call(string $url, array $headers, ?string $body = null): array
{
    $http = ['method' => $body === null ? 'GET' : 'POST', 'header' => $headers, 'content' => $body,
        'ignore_errors' => true, 'timeout' => 15];
    $text = file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($text === false) {
        throw new RuntimeException("no answer from $url");
    }
    $status = (int) explode(' ', $http_response_header[0])[1];
    $location = preg_grep('/^Location: /i', $http_response_header);
    return [$status, json_decode($text, true), $location ? substr(current($location), 10) : null, $text];
}

function base64url(string $text): string
{
    return rtrim(strtr(base64_encode($text), '+/', '-_'), '=');
}

function token(string $url, string $id, string $keyFile): string
{
    $claims = ['iss' => $id, 'sub' => $id, 'aud' => $url, 'jti' => bin2hex(random_bytes(16)),
        'iat' => time(), 'exp' => time() + 300];
    $text = base64url(json_encode(['alg' => 'RS256', 'typ' => 'JWT']))
        . '.' . base64url(json_encode($claims, JSON_UNESCAPED_SLASHES));
    openssl_sign($text, $signature, openssl_pkey_get_private(file_get_contents($keyFile)), OPENSSL_ALGO_SHA256);
    $form = http_build_query([
        'grant_type' => 'client_credentials',
        'client_assertion_type' => 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        'client_assertion' => "$text." . base64url($signature),
    ]);
    [$status, $answer, , $said] = call($url, ['Content-Type: application/x-www-form-urlencoded'], $form);
    if ($status !== 200) {
        throw new RuntimeException("no token: $said");
    }
    return $answer['access_token']; // good for 600 seconds: keep it, and ask again in time
}

[, $employer, $niss] = $argv;
$token = token(getenv('DIMONA_CLIENT_TOKEN_URL'), getenv('DIMONA_CLIENT_ID'), getenv('DIMONA_CLIENT_PRIVATE_KEY'));
$headers = ["Authorization: Bearer $token", 'Content-Type: application/json'];
$key = 'Idempotency-Key: "' . bin2hex(random_bytes(16)) . '"'; // store it: the same key may be sent again
$declaration = [
    'employer' => ['enterpriseNumber' => $employer],
    'worker' => ['ssin' => $niss],
    'dimonaIn' => [
        'startDate' => (new DateTime('now', new DateTimeZone('Europe/Brussels')))->format('Y-m-d'),
        'features' => ['jointCommissionNumber' => 'XXX', 'workerType' => 'OTH'],
    ],
];
$url = getenv('DIMONA_CLIENT_REST_URL') . '/declarations';
[$status, , $location, $said] = call($url, [...$headers, $key], json_encode($declaration));
if ($status !== 201) {
    throw new RuntimeException("$status $said");
}
echo "received $location\n";

for ($polls = 0; $polls < 30; $polls++) {
    sleep($polls ? 1 : 2);
    [$status, $answer, , $said] = call($location, $headers);
    if ($status === 200 && in_array($answer['declarationStatus']['result'], ['A', 'W', 'B'])) {
        exit("answer $said\n"); // 404 means: not yet; S: the worker is being identified
    }
}
echo "no final answer yet; ask by hand: $location\n";
